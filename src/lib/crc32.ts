/** CRC-32 of ISO 3309 (the one of gzip and PNG) over a text's characters, each taken as one byte. */
export function crc32(text: string): number {
  let crc = 0xffffffff
  for (let place = 0; place < text.length; place++) {
    crc ^= text.charCodeAt(place)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
