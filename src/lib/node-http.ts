import type * as Http from 'node:http'
import type * as Https from 'node:https'
import { builtin } from './builtin.ts'

/**
 * Node's HTTP or HTTPS, whichever a URL or its protocol names, loaded when it is first asked for. An import reads every
 * export of `node:http`, and so would load `fetch` too, which takes six times as long as all else.
 */
export function nodeHttp(url: string): typeof Http | typeof Https {
  return builtin(url.startsWith('https:') ? 'node:https' : 'node:http')
}
