import type { Latchkey, Reading } from '../build.ts'
import { after } from '../lib/maybe.ts'
import { splitTarget } from '../lib/path.ts'
import type { Access } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'

/**
 * An authorizer for a host with nothing behind it: what asks for none of Latchkey's own endpoints is an unknown route,
 * whatever the document's routes say, and counts against no limit. `verifies`: whether proxies may ask about requests.
 */
export function withoutOrigin(latchkey: Latchkey, verifies = false): Latchkey {
  const { base } = latchkey.settings
  return {
    ...latchkey,
    judgeWhat(read, access, question) {
      // Only a request that is described goes to no endpoint of ours.
      if (verifies && question.endpoints === undefined) return latchkey.judgeWhat(read, access, question)
      const isOwn = ({ target }: Access) => {
        const path = splitTarget(target)?.path
        // What cannot be split is refused as ambiguous by whoever judges it.
        return path === undefined || path.startsWith(`${base}/`) || question.endpoints?.isElsewhere(path) === true
      }
      const own: Reading = (received, snapshot) =>
        after(read(received, snapshot), (meant): Access | Refusal =>
          isRefusal(meant) || isOwn(meant) ? meant : { reason: 'route-unknown' },
        )
      return latchkey.judgeWhat(own, access, question)
    },
  }
}
