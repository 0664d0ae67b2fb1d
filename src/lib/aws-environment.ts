/** Where and as whom AWS is called. */
export interface AwsEnvironment {
  readonly region: string
  /** Asked before each call: what a role gives changes while the process runs. */
  readonly credentials: () => { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  readonly endpoint?: string
}

/**
 * Region, credentials and endpoint of a service, from the variables that AWS's own tools use; `service` as in
 * `AWS_ENDPOINT_URL_DYNAMODB`. What is not set is thrown as `unset` makes it of what to set.
 */
export function awsEnvironment(
  service: 'API_GATEWAY' | 'DYNAMODB' | 'SECRETS_MANAGER' | 'SSM',
  variables: Readonly<Record<string, string | undefined>>,
  unset: (message: string) => Error,
): AwsEnvironment {
  const endpoint = variables[`AWS_ENDPOINT_URL_${service}`] || variables['AWS_ENDPOINT_URL']
  const needed = (...names: readonly string[]) => {
    const value = names.map((name) => variables[name]).find((each) => each)
    if (value) return value
    throw unset(`set ${names.join(' or ')}`)
  }
  return {
    region: needed('AWS_REGION', 'AWS_DEFAULT_REGION'),
    credentials() {
      const sessionToken = variables['AWS_SESSION_TOKEN']
      return {
        accessKeyId: needed('AWS_ACCESS_KEY_ID'),
        secretAccessKey: needed('AWS_SECRET_ACCESS_KEY'),
        ...(sessionToken && { sessionToken }),
      }
    },
    ...(endpoint && { endpoint }),
  }
}
