/** What is used of the library that signs requests to AWS. */
declare module 'aws4' {
  interface Signed {
    readonly path: string
    readonly headers: Record<string, string>
  }
  interface Signer {
    sign(
      request: {
        service: string
        region: string
        method: string
        host: string
        path: string
        headers: Record<string, string>
        body: string
      },
      credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
    ): Signed
  }
  const aws4: Signer
  export default aws4
}
