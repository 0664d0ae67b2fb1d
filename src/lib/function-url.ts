/** https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html */
const FUNCTION_URL = /^[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws$/

/** Whether a domain is that of a Lambda function URL, whose events have the path as it was sent. */
export function isFunctionUrl(domainName: unknown): boolean {
  return typeof domainName === 'string' && FUNCTION_URL.test(domainName)
}
