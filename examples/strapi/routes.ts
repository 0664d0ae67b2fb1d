import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RouteDocument } from '../../src/document.ts'

/** What of a content type's schema its routes come from. */
interface Schema {
  readonly kind: 'collectionType' | 'singleType'
  readonly info: { readonly singularName: string; readonly pluralName: string }
}

/**
 * The routes of all content types of a Strapi project, with the actions that Strapi checks: a path has the plural name
 * and an action the singular one, so no template leads from one to the other. Routes of one's own are not among them.
 */
export function routesOf(project: string): RouteDocument[] {
  const api = join(project, 'src/api')
  return foldersIn(api).flatMap((name) =>
    foldersIn(join(api, name, 'content-types')).flatMap((type) => {
      const file = join(api, name, 'content-types', type, 'schema.json')
      const { kind, info } = JSON.parse(readFileSync(file, 'utf8')) as Schema
      const action = (last: string) => `api::${name}.${info.singularName}.${last}`
      return kind === 'singleType'
        ? single(`/api/${info.singularName}`, action)
        : many(`/api/${info.pluralName}`, action)
    }),
  )
}

function many(path: string, action: (last: string) => string): RouteDocument[] {
  return [
    { path, methods: ['GET'], permission: action('find') },
    { path, methods: ['POST'], permission: action('create') },
    { path: `${path}/:id`, methods: ['GET'], permission: action('findOne') },
    { path: `${path}/:id`, methods: ['PUT'], permission: action('update') },
    { path: `${path}/:id`, methods: ['DELETE'], permission: action('delete') },
  ]
}

function single(path: string, action: (last: string) => string): RouteDocument[] {
  return [
    { path, methods: ['GET'], permission: action('find') },
    { path, methods: ['PUT'], permission: action('update') },
    { path, methods: ['DELETE'], permission: action('delete') },
  ]
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lines = routesOf(process.argv[2] ?? '.').map((route) => `  ${JSON.stringify(route)}`)
  console.log(`[\n${lines.join(',\n')}\n]`)
}
