// What stands before a function, on this machine: an HTTP server that makes an event of each request, as API Gateway does.

import { createServer, type IncomingMessage } from 'node:http'
import type { LambdaEvent } from 'hono/aws-lambda'
import { handler } from './handler.ts'

/** `PAYLOAD=1` is what REST APIs send, and 2 what HTTP APIs and function URLs do. */
const payload = process.env.PAYLOAD ?? '2'

createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString()
  const event = payload === '1' ? first(request, body) : second(request, body)
  const result = (await handler(event as LambdaEvent)) as unknown as Result
  for (const [name, value] of Object.entries({ ...result.headers, ...result.multiValueHeaders })) {
    response.setHeader(name, value)
  }
  if (result.cookies !== undefined) response.setHeader('set-cookie', result.cookies)
  response.writeHead(result.statusCode).end(Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8'))
}).listen(process.env.PORT ?? 3000)

interface Result {
  statusCode: number
  headers?: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  cookies?: string[]
  body: string
  isBase64Encoded: boolean
}

function second(request: IncomingMessage, body: string): object {
  const [rawPath = '/', rawQueryString = ''] = (request.url ?? '/').split('?')
  const { cookie, ...headers } = request.headers
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      domainName: request.headers.host,
      http: { method: request.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
      requestId: 'id',
      routeKey: '$default',
      stage: '$default',
      timeEpoch: Date.now(),
    },
    body,
    isBase64Encoded: false,
  }
}

function first(request: IncomingMessage, body: string): object {
  const [path = '/'] = (request.url ?? '/').split('?')
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    version: '1.0',
    resource: path,
    path,
    httpMethod: request.method,
    headers: Object.fromEntries(headers),
    multiValueHeaders: Object.fromEntries(headers.map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      domainName: request.headers.host,
      httpMethod: request.method,
      path,
      requestId: 'id',
      resourcePath: path,
      stage: '$default',
      identity: { sourceIp: '192.0.2.1', userAgent: '' },
    },
    body,
    isBase64Encoded: false,
  }
}
