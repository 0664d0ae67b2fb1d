import type { Tokens } from '../../examples/strapi/ask.ts'
import type { Strapi } from './strapi.ts'

const FIND = 'api::article.article.find'
const FIND_ONE = 'api::article.article.findOne'
const CREATE = 'api::article.article.create'
const DAYS_7 = 604_800_000
const DAYS_90 = 7_776_000_000

/** What is asked of Strapi's own API. The names are those that the imported keys have. */
const ASKED = [
  { name: 'reader', description: 'Reads', type: 'read-only', lifespan: null },
  { name: 'backend', description: '', type: 'full-access', lifespan: null },
  { name: 'quarter', description: '', type: 'read-only', lifespan: DAYS_90 },
  { name: 'writer', description: 'Lists and creates', type: 'custom', lifespan: null, permissions: [FIND, CREATE] },
  { name: 'single', description: '', type: 'custom', lifespan: null, permissions: [FIND_ONE] },
  { name: 'idle', description: '', type: 'custom', lifespan: null, permissions: [] },
  { name: 'expired', description: '', type: 'read-only', lifespan: DAYS_7 },
  { name: 'old', description: 'From before tokens had kinds', type: 'read-only', lifespan: null },
  { name: 'replaced', description: '', type: 'full-access', lifespan: null },
]

/** Makes a token of each kind. `expired` and `old` are what no API call makes, so their rows are changed. */
export async function makeTokens(strapi: Strapi): Promise<Tokens> {
  const tokens: Record<string, string> = {}
  for (const asked of ASKED) {
    const { accessKey } = await strapi.admin('POST', 'api-tokens', asked)
    tokens[asked.name] = accessKey as string
  }
  const adminPermissions = [
    { action: 'admin::api-tokens.read', subject: null, conditions: [], properties: {} },
    {
      action: 'plugin::content-manager.explorer.read',
      subject: 'api::article.article',
      conditions: [],
      properties: { fields: ['title'] },
    },
  ]
  const panel = await strapi.admin('POST', 'admin-tokens', {
    name: 'panel',
    description: 'Of the admin kind',
    lifespan: null,
    adminPermissions,
  })
  tokens['panel'] = panel['accessKey'] as string
  strapi.execute(`UPDATE strapi_api_tokens SET expires_at = 1700000000123 WHERE name = 'expired'`)
  strapi.execute(`UPDATE strapi_api_tokens SET kind = NULL WHERE name = 'old'`)
  return tokens
}

/** The token that the gate itself shows to Strapi; made after the export, so that it is never imported. */
export async function makeGateToken(strapi: Strapi): Promise<string> {
  const asked = { name: 'Latchkey', description: 'The gate', type: 'full-access', lifespan: null }
  const { accessKey } = await strapi.admin('POST', 'api-tokens', asked)
  return accessKey as string
}

/** Regenerates `replaced` in Strapi: its old value dies there at once. */
export async function replaceToken(strapi: Strapi): Promise<void> {
  const { id } = strapi.rows()['strapi_api_tokens']?.find(({ name }) => name === 'replaced') ?? {}
  await strapi.admin('POST', `api-tokens/${id}/regenerate`)
}
