import type { Line, Tree } from './tree.ts'
import { at, entriesOf, knownText } from './tree.ts'

/** A resource of a CloudFormation template. */
export interface Resource {
  /** The logical id. */
  readonly name: string
  readonly line: Line
  readonly type: string
  readonly properties: Tree | undefined
}

/** The resources of a template, by their logical ids, in its order. */
export type Resources = ReadonlyMap<string, Resource>

/** Reads the section `Resources`. */
export function resourcesOf(section: Tree | undefined): Resources {
  return new Map(
    entriesOf(section).map(([name, tree]) => {
      const type = knownText(at(tree, 'Type')) ?? ''
      return [name, { name, line: tree.line, type, properties: at(tree, 'Properties') }]
    }),
  )
}

export function ofType(resources: Resources, ...types: readonly string[]): Resource[] {
  return Array.from(resources.values()).filter(({ type }) => types.includes(type))
}
