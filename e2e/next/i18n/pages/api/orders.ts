import type { NextApiRequest, NextApiResponse } from 'next'

export default function handler(request: NextApiRequest, response: NextApiResponse): void {
  response.json({ subject: request.headers['x-latchkey-subject'] ?? 'nobody' })
}
