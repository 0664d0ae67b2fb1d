/** What each byte makes of eight bits: shifting them one by one takes seven times as long. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return crc
})

/** CRC-32 of ISO 3309 (the one of gzip and PNG) over a text's characters, each taken as one byte. */
export function crc32(text: string): number {
  let crc = 0xffffffff
  for (let place = 0; place < text.length; place++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ text.charCodeAt(place)) & 0xff] as number)
  }
  return ~crc >>> 0
}
