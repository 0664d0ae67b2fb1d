import type { EquippedKind, Parts } from '../../src/equipment.ts'
import type { Management } from '../../src/http/asked.ts'
import type { Host } from '../../src/model/ports.ts'
import type { Bindings } from './origin.ts'

/** Something that a document may need, and that a bundle holds only where its entry file names it. */
export type WorkerPart = (bindings: Bindings, host: Host) => Parts

/** A kind of credential, with what a Worker has for it. */
export interface WorkerKind extends EquippedKind<Bindings> {
  readonly management?: Management
}

/** Bindings are known by their methods: whether this one has such a method. */
export function has(binding: unknown, method: string): boolean {
  return typeof binding === 'object' && binding !== null && typeof Reflect.get(binding, method) === 'function'
}

export function isD1(binding: unknown): boolean {
  return has(binding, 'prepare') && has(binding, 'batch')
}
