/** Tokens of a self-hosted gateway, made by another program than ours, and the keys that have signed them. */

export const PRIMARY = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/QA=='
export const SECONDARY = 'QD8+PTw7Ojk4NzY1NDMyMTAvLi0sKyopKCcmJSQjIiEgHx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQ=='

/** When they end, but for the one that has ended in 2020. */
export const END = 1_893_553_440

export const GATEWAY = {
  primaryRoundTrip:
    'gw1&203001020304&wsLbbUaykHEgr6Eqp33zPxe24lyfc/zz5mGWcWv8b8VIarJYMYLeZLd86X8azA+7hVLBxP3IEWMmrkah3abX5Q==',
  primaryCompact:
    'gw1&203001020304&f9fdvk0gYewNzT+4Qo7MEVsGZbiWrjyz8+8KBGons/CqJVeJbO7gtD/yRA62SqdfCVNShKUUkeS+w4AUNDfZmA==',
  secondaryRoundTrip:
    'gw1&203001020304&VI+DcayMLY0Sg95ylWlqbC+7uv1mGnSlXM1J9ElaXqkiiAGU3BC2SmJhB1GdFweL9RBam1y8NKJrTt81GmEwYA==',
  /** Signed by the 64 bytes that the primary key's text encodes. */
  decodedKey:
    'gw1&203001020304&y1wWSmeLTWg5de4ZZn9ZVbrFvHNxQUHW6SIrGlRjhkfCEM3TbDhi7hMs7qL2YGgGli1iLeBQD3jd+Dg/icjeRw==',
  expired: 'gw1&202001010000&l1k+4ei/22TVxYwO7TgGcSwZDu1SvfLJV9qi+8JkxCES+CdLr2txSUpZTLmcvA2OE3qiVEB1TS5h0+D1zh6F7A==',
  sharedAccess:
    'uid=integration&ex=2030-01-02T03:04:00.0000000Z&sn=hyBTOf5FokRAXDH/TlxkzqRIeynw+trnqwGxNsKDZ9o/F+NO1gH5HgdQ/DBjfln4g32LAiXshe7OZIo2HKVr5Q==',
} as const

/** A token as its holder sends it. */
export function gatewayToken(token: string): readonly [name: string, value: string] {
  return ['Authorization', `GatewayKey ${token}`]
}
