/** The public beginning that many systems give their tokens, such as `sk_live_`. */
export const PREFIXED: RegExp = /^[a-z][a-z0-9]{1,9}_(?:[a-z0-9]{1,10}_)?/
