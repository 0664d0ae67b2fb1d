import type { ApiDraft } from './drafts.ts'

/** An HTTP API with a CORS configuration answers preflights by itself, whatever its routes say. */
export function allowCors(api: ApiDraft): void {
  api.hasCors = true
  api.answersPreflights = true
}
