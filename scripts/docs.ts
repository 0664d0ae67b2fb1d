import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { FINDINGS } from '../src/cli/aws/findings.ts'
import { BUNDLE_FLAGS } from '../src/cli/bundle.ts'
import { CHECK_FLAGS } from '../src/cli/check.ts'
import { EXPLAIN_FLAGS } from '../src/cli/explain.ts'
import { GATEWAY_KEY_COMMANDS } from '../src/cli/gateway-key/commands.ts'
import { KEY_NEW_FLAGS } from '../src/cli/jwt/key-new.ts'
import { SIGN_FLAGS } from '../src/cli/jwt/sign.ts'
import { ACCESS_FLAGS } from '../src/cli/keys/access.ts'
import { KEY_COMMANDS } from '../src/cli/keys/commands.ts'
import { PEPPER_FLAGS } from '../src/cli/pepper.ts'
import { SERVE_FLAGS } from '../src/cli/serve.ts'
import { TOKEN_FLAGS } from '../src/cli/token.ts'
import type { Flags } from '../src/cli/usage.ts'
import { FINDINGS as PROJECT_FINDINGS } from '../src/cli/vercel/findings.ts'
import { WHOAMI_FLAGS } from '../src/cli/whoami.ts'
import { BESIDE_THE_AUTHORIZER, HOSTS, KEYS_BY_HOST } from '../src/hosts.ts'
import { REASONS } from '../src/model/reason.ts'

/**
 * Fills the blocks of the documentation that come from the code: `<!-- generated: NAME -->` to `<!-- end -->`. Run
 * `node scripts/docs.ts` after a change; a test holds the pages to it.
 */

/** The pages that hold generated blocks. */
export const GENERATED_PAGES: readonly string[] = [
  'docs/configuration.md',
  'docs/http.md',
  'docs/cli.md',
  'docs/aws-check.md',
  'docs/vercel-check.md',
  'docs/gateway-keys.md',
  'docs/issuing.md',
]

const GATEWAY_KEY_FLAGS = await Promise.all(
  Object.entries(GATEWAY_KEY_COMMANDS).map(async ([name, { load }]) => [name, (await load()).flags] as const),
)

/** The flags of each command of `latchkey keys`, but for those that all have. */
const KEY_FLAGS = await Promise.all(
  Object.entries(KEY_COMMANDS).map(async ([name, { load }]) => {
    const own = Object.entries((await load()).flags).filter(([flag]) => !Object.hasOwn(ACCESS_FLAGS, flag))
    return [name, Object.fromEntries(own)] as const
  }),
)

const BLOCKS: Readonly<Record<string, () => string>> = {
  'keys by host': keysByHost,
  refusals,
  findings: () => findings(FINDINGS),
  'findings of projects': () => findings(PROJECT_FINDINGS),
  'flags of serve': () => flags(SERVE_FLAGS),
  'flags of check': () => flags(CHECK_FLAGS),
  'flags of bundle': () => flags(BUNDLE_FLAGS),
  'flags of explain': () => flags(EXPLAIN_FLAGS),
  'flags of token': () => flags(TOKEN_FLAGS),
  'flags of pepper': () => flags(PEPPER_FLAGS),
  'flags of whoami': () => flags(WHOAMI_FLAGS),
  'flags of jwt sign': () => flags(SIGN_FLAGS),
  'flags of jwt key new': () => flags(KEY_NEW_FLAGS),
  'commands of keys': keyCommands,
  'flags of keys': () => flags(ACCESS_FLAGS),
  ...Object.fromEntries(GATEWAY_KEY_FLAGS.map(([name, each]) => [`flags of gateway-key ${name}`, () => flags(each)])),
  ...Object.fromEntries(KEY_FLAGS.map(([name, each]) => [`flags of keys ${name}`, () => flags(each)])),
}

/** A page with its blocks filled anew. Throws where a block has a name that nothing here makes. */
export function filled(page: string): string {
  return page.replace(/(<!-- generated: ([^>]+?) -->\n)[\s\S]*?(<!-- end -->)/g, (_, open, name, close) => {
    const block = BLOCKS[name]
    if (!block) throw new Error(`no generated block is called "${name}"`)
    return `${open}\n${block()}\n\n${close}`
  })
}

function keysByHost(): string {
  const links = {
    administration: '[administration](aws-operations.md#the-administration)',
    guard: '[guard](aws-guard.md)',
  }
  const rows = Object.entries(KEYS_BY_HOST).map(([key, hosts]) => [
    `\`${key}\``,
    ...HOSTS.map((host) => {
      if (hosts.includes(host)) return 'yes'
      const readers = (host === 'aws' && BESIDE_THE_AUTHORIZER[key as keyof typeof BESIDE_THE_AUTHORIZER]) || []
      return readers.map((reader) => links[reader]).join(', ') || 'ignored'
    }),
  ])
  return table(['key', ...HOSTS], rows)
}

function refusals(): string {
  const rows = Object.entries(REASONS).map(([reason, { status, error, title }]) => [
    String(status),
    `\`${reason}\``,
    error === undefined ? '' : `\`${error}\``,
    title,
  ])
  const byStatus = rows.toSorted(([a], [b]) => Number(a) - Number(b))
  return table(['status', 'reason', 'error in the challenge', 'title'], byStatus)
}

function findings(all: Readonly<Record<string, readonly [severity: string, means: string, fix: string]>>): string {
  const rows = Object.entries(all).map(([code, [severity, means, fix]]) => [`\`${code}\``, severity, means, fix])
  return table(['code', '', 'what it means', 'what to do'], rows)
}

function keyCommands(): string {
  const rows = Object.entries(KEY_COMMANDS).map(([name, { positionals = [], description }]) => {
    return [`\`${[name, ...positionals].join(' ')}\``, description]
  })
  return table(['command', 'what it does'], rows)
}

function flags(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { alias, valueHint, description }]) => {
    const names = [...(alias ? [`-${alias}`] : []), `--${name}`].join(', ')
    return [`\`${names}${valueHint ? ` ${valueHint.replaceAll('|', '\\|')}` : ''}\``, description]
  })
  return table(['flag', 'what it says'], rows)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const path of GENERATED_PAGES) {
    const page = readFileSync(path, 'utf8')
    const next = filled(page)
    if (next === page) continue
    writeFileSync(path, next)
    console.log(`wrote ${path}`)
  }
}
