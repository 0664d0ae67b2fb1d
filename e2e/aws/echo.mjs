/** A sample origin as a function: answers who API Gateway says has called, which is all that an origin may believe. */
export const handler = async (event) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  body: JSON.stringify({ authorizer: event.requestContext.authorizer ?? null }),
})
