import { expect, test } from 'vitest'
import type { GraphqlEvent } from '../../adapters/aws/event.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { Document, RouteDocument } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'

const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'
const EVENT: GraphqlEvent = {
  authorizationToken: `Bearer ${TOKEN}`,
  requestContext: { apiId: 'giy7kumfmvcqvbedntjwjvagii', queryString: 'mutation { deleteOrder }' },
  requestHeaders: {},
}

function ask(routes: readonly RouteDocument[]) {
  const document: Document = {
    credentials: [{ kind: 'static-token', tokens: { secret: 'T' }, type: 'read-only' }],
    routes: [{ path: '/graphql', methods: ['POST'], access: 'read' }, ...routes],
  }
  const sink = memorySink()
  const handler = authorizer({ document, secrets: env({ T: TOKEN }), sink, now: () => 1_780_000_000 })
  const notices = () => sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { answer: handler(EVENT), notices }
}

test('a field is denied for whom its route refuses', async () => {
  const { answer } = ask([
    { path: '/graphql/Mutation/deleteOrder', methods: ['POST'] },
    { path: '/graphql/Query/orders', access: 'read' },
  ])
  expect(await answer).toMatchObject({ isAuthorized: true, deniedFields: ['Mutation.deleteOrder'], ttlOverride: 0 })
})

test.each([
  '/graphql/Mutation/*',
  '/graphql/Mutation/:field',
  '/graphql/:type/:field',
  '/graphql/*',
  '/graphql/Mutation',
])('%s stands for no field, and is not passed over in silence', async (path) => {
  const { answer, notices } = ask([{ path }])
  await expect(answer).rejects.toThrow('latchkey: not-configured')
  expect(notices()).toEqual([expect.stringContaining('AppSync denies fields by name')])
})
