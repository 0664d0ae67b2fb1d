import { settingsOf } from '../../src/config.ts'
import { accessOfRequest } from '../../src/http/request-access.ts'
import { recorderOf } from '../../src/key-recorder.ts'
import type { Decision, Match } from '../../src/model/decision.ts'
import { memory } from '../../src/stores/memory.ts'
import { countingSink, keysDocument, PATH, PERMISSION, TOKEN } from '../document.ts'
import { timed } from '../in-process.ts'
import { quartiles } from '../statistics.ts'
import { request } from '../subjects/apps.ts'
import type { Section } from '../table.ts'

const MATCH: Match = {
  pattern: '/api/:collection',
  path: PATH,
  query: undefined,
  passage: 'judged',
  access: 'read',
  surface: undefined,
  permissions: undefined,
  credentials: undefined,
  endpoint: undefined,
}

const REQUESTS = 100_000
/** So many keys take turns. */
const KEYS = 100

/** What each request pays for the usage that is counted of its key; what is written is written behind the reply. */
export async function run(rounds: number): Promise<Section[]> {
  const now = () => Date.now() / 1000
  const settings = settingsOf(keysDocument(), { transport: 'any' })
  const recorder = recorderOf(settings, { store: memory(), sink: countingSink(), now })
  const decisions = Array.from({ length: KEYS }, (_, number) => allowed(`key ${number}`))
  const samples: number[] = []
  for (let round = -rounds; round < rounds; round++) {
    const access = accessOfRequest(request(TOKEN), { requestId: 'bench', at: now(), clientAddress: undefined })
    let turn = 0
    const { clock } = await timed({ requests: REQUESTS / KEYS, inFlight: 1 }, () => {
      for (turn = 0; turn < KEYS; turn++) recorder.record(decisions[turn] as Decision, access, () => undefined)
    })
    if (round >= 0) samples.push(clock / KEYS)
  }
  await recorder.flush()
  return [
    {
      title: 'usage of issued keys',
      rows: [
        {
          name: 'counting a request in memory',
          unit: 'us',
          clock: quartiles(samples),
          budget: { limit: 'at most', value: 0.1 },
        },
      ],
    },
  ]
}

function allowed(subject: string): Decision {
  const grant = { type: 'custom', permissions: [PERMISSION] } as const
  return {
    allow: true,
    principal: { kind: 'api-key', credential: 'keys', subject, owner: 'bench', surface: 'api', grant, slot: 0 },
    match: MATCH,
    place: undefined,
  }
}
