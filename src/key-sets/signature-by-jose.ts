import { compactVerify } from 'jose/jws/compact/verify'
import type { VerifySignature } from './keys.ts'

/** Proves signatures by jose, on WebCrypto: right on every runtime. */
export const signatureByJose: VerifySignature = ({ key, algorithm }, token) =>
  compactVerify(token, key, { algorithms: [algorithm] }).then(
    () => true,
    () => false,
  )
