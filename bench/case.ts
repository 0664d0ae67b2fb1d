import type { Section } from './table.ts'

/** A case in a process of its own: what one does to globals, or to the compiler, is none of another's concern. */
const [name, rounds] = process.argv.slice(2)
const module: { run(rounds: number): Promise<Section[]> } = await import(`./cases/${name}.ts`)
process.send?.(await module.run(Number(rounds)))
process.disconnect?.()
