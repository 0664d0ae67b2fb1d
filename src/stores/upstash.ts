import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { Order, Position } from '../lib/listing.ts'
import { cursorAt, positionAt, positionOfText, sortTextOf } from '../lib/listing.ts'
import type { Row } from '../lib/storable.ts'
import { checkedQuery, endOf, familyOf, isId, rowOf } from '../lib/storable.ts'
import { upstashCaller } from '../lib/upstash-call.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, ListQuery, Store } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'
import { storeUrl } from './exchange.ts'

export interface UpstashOptions {
  readonly now?: () => EpochSeconds
  readonly patienceMilliseconds?: number
}

const ENTRY = 'latchkey:entry:'
/** Where each order is kept, where an entry stands in the two that it may be missing from, and what ends when. */
const KEYS = ['latchkey:by-id', 'latchkey:by-name', 'latchkey:by-expires', 'latchkey:places', 'latchkey:by-gone']

const UNINDEX = `
local function unindex(id)
  local places = redis.call('HGET', KEYS[5], id)
  if places then
    local middle = string.find(places, '\\n', 1, true)
    redis.call('ZREM', KEYS[3], string.sub(places, 1, middle - 1))
    redis.call('ZREM', KEYS[4], string.sub(places, middle + 1))
    redis.call('HDEL', KEYS[5], id)
  end
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[6], id)
end
`

/** The version of what is there and whose time is not over. */
const CURRENT = `
local id, now = ARGV[1], tonumber(ARGV[2])
local head = redis.call('GETRANGE', KEYS[1], 0, 28)
local version = nil
if #head == 29 and tonumber(string.sub(head, 18, 29)) > now then version = string.sub(head, 1, 17) end
`

/** ARGV: id, now, mode, version, packed entry, place by name, place by end, gone (the last three may be empty). */
const PUT = `${UNINDEX}${CURRENT}
if ARGV[3] == 'none' and version then return 0 end
if ARGV[3] == 'version' and version ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[5])
unindex(id)
redis.call('ZADD', KEYS[2], 0, id)
if ARGV[6] ~= '' then redis.call('ZADD', KEYS[3], 0, ARGV[6]) end
if ARGV[7] ~= '' then redis.call('ZADD', KEYS[4], 0, ARGV[7]) end
if ARGV[6] ~= '' or ARGV[7] ~= '' then redis.call('HSET', KEYS[5], id, ARGV[6] .. '\\n' .. ARGV[7]) end
if ARGV[8] ~= '' then
  redis.call('EXPIREAT', KEYS[1], ARGV[8])
  for _, over in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now, 'LIMIT', 0, 100)) do unindex(over) end
  redis.call('ZADD', KEYS[6], ARGV[8], id)
end
return 1`

/** ARGV: id, now, mode, version. */
const DELETE = `${UNINDEX}${CURRENT}
if ARGV[3] == 'version' and version ~= ARGV[4] then return 0 end
unindex(ARGV[1])
redis.call('DEL', KEYS[1])
return 1`

/** Stands for no end; the last time that an entry may have, some 30,000 years on. */
const ENDLESS = '999999999999'
const VERSION_LENGTH = 17
const HEAD_LENGTH = VERSION_LENGTH + ENDLESS.length

/**
 * Entries in Upstash Redis, over its REST interface.
 *
 * An entry is a string (version, end in twelve digits, value); sorted sets of ids and of names and ends with ids give the orders;
 * one script does each write with all of these.
 *
 * Consistency: of two writers one gets a conflict, as scripts run at the leader. A read may come from a replica that is behind,
 * usually by milliseconds; what this instance wrote itself it sees (`Upstash-Sync-Token`). After a split of the network
 * Upstash lets the last writer win. Eviction must be off: an evicted key is a deleted key, and an evicted revocation a
 * valid key.
 * Limits: of the plan: its size, and 100 MB for one sorted set, which is about a million entries.
 * Cost: a read is one command; a write is one script, which some plans count as its 5 to 10 commands; a page is two
 * commands.
 */
export function upstash(url: string, token: string, options: UpstashOptions = {}): Store {
  const { now = () => Date.now() / 1000, patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const call = upstashCaller(storeUrl('upstash', url).href, token, patienceMilliseconds)

  async function command(...parts: readonly (string | number)[]): Promise<unknown> {
    const answer = await call(...parts).catch((error: unknown) => {
      throw unanswered('upstash', error)
    })
    if ('trouble' in answer) throw new StoreError('upstash', ...answer.trouble)
    return answer.result
  }

  const script = (text: string, id: string, ...values: readonly string[]) =>
    command('EVAL', text, KEYS.length + 1, ENTRY + id, ...KEYS, id, ...values)

  function unpacked(id: string, packed: unknown): Entry | undefined {
    if (typeof packed !== 'string') return undefined
    if (Number(packed.slice(VERSION_LENGTH, HEAD_LENGTH)) <= now()) return undefined
    return { id, value: packed.slice(HEAD_LENGTH), version: packed.slice(0, VERSION_LENGTH) }
  }

  return {
    async get(id) {
      return isId(id) ? unpacked(id, await command('GET', ENTRY + id)) : undefined
    },
    async put(id, value, given = {}) {
      const row = rowOf(id, value, given)
      const { ifVersion } = given
      const mode = ifVersion === undefined ? 'any' : ifVersion === null ? 'none' : 'version'
      const places = [placeOf('name', row), placeOf('expires', row), row.gone === undefined ? '' : String(row.gone)]
      const at = String(Math.floor(now()))
      const done = await script(PUT, id, at, mode, ifVersion ?? '', packedOf(row), ...places)
      return done === 1 ? { version: row.version } : 'conflict'
    },
    async delete(id, { ifVersion } = {}) {
      if (!isId(id)) return ifVersion === undefined ? 'deleted' : 'conflict'
      const mode = ifVersion === undefined ? 'any' : 'version'
      const done = await script(DELETE, id, String(Math.floor(now())), mode, ifVersion ?? '')
      return done === 1 ? 'deleted' : 'conflict'
    },
    async list(query) {
      const { by = 'id', prefix } = query
      const most = checkedQuery(prefix, by, query.limit)
      const found = (await command('ZRANGEBYLEX', keyOf(by), ...rangeOf(query), 'LIMIT', 0, most + 1)) as string[]
      const positions = found.slice(0, most).map((member) => positionOf(by, prefix, member))
      const last = positions.at(-1)
      if (!last) return { items: [] }
      const packed = (await command('MGET', ...positions.map(({ id }) => ENTRY + id))) as unknown[]
      const items = positions.map(({ id }, place) => unpacked(id, packed[place])).filter((entry) => entry !== undefined)
      return found.length > most ? { items, cursor: cursorAt(by, last) } : { items }
    },
  }
}

function packedOf({ version, gone, value }: Row): string {
  return version + (gone === undefined ? ENDLESS : String(gone).padStart(ENDLESS.length, '0')) + value
}

function keyOf(by: Order): string {
  return `latchkey:by-${by}`
}

function placeOf(by: 'name' | 'expires', row: Row): string {
  const { [by]: key, id } = row
  return key === undefined ? '' : familyOf(id) + sortTextOf(by, { key, id })
}

function positionOf(by: Order, prefix: string, member: string): Position {
  return by === 'id' ? { key: '', id: member } : positionOfText(by, member.slice(prefix.length))
}

/** From the beginning of the prefix, or from behind the cursor, to the end of the prefix. */
function rangeOf({ prefix, by = 'id', from }: ListQuery): [string, string] {
  const end = `(${endOf(prefix)}`
  if (from === undefined) return [`[${prefix}`, end]
  const after = positionAt(by, from)
  const member = by === 'id' ? after.id : prefix + sortTextOf(by, after)
  return [member < prefix ? `[${prefix}` : `(${member}`, end]
}
