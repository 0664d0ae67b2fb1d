import type { Dialect } from '../model/dialect.ts'
import { praisonai } from './praisonai.ts'
import { problem } from './problem.ts'
import { strapi } from './strapi.ts'

/** The dialects by their name in a configuration document. */
export const dialects: { readonly [Name in 'problem' | 'strapi' | 'praisonai']: Dialect } = {
  problem,
  strapi,
  praisonai,
}
