import type { Section } from './table.ts'

/** A case in a process of its own: what one does to globals, or to the compiler, is none of another's concern. */
const [name, rounds, quick] = process.argv.slice(2)
const module: { run(rounds: number, isQuick: boolean): Promise<Section[]> } = await import(`./cases/${name}.ts`)
process.send?.(await module.run(Number(rounds), quick === 'quick'))
process.disconnect?.()
