import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

/** What Neon has in front of its databases: takes a statement over HTTP, and gives all values as texts. */
export async function openNeonProxy(address: string): Promise<{ url: string; close(): Promise<void> }> {
  const types = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig
  const pool = new pg.Pool({ connectionString: address, types })
  const server = createServer(async (request, response) => {
    request.setEncoding('utf8')
    let body = ''
    for await (const chunk of request) body += chunk
    const { query, params } = JSON.parse(body) as { query: string; params: unknown[] }
    response.setHeader('content-type', 'application/json')
    try {
      const { command, rowCount, rows, fields } = await pool.query({ text: query, values: params, rowMode: 'array' })
      response.end(JSON.stringify({ command, rowCount, rows, fields, rowAsArray: true }))
    } catch (error) {
      const { message, code } = error as { message: string; code?: string }
      response.statusCode = 400
      response.end(JSON.stringify({ message, code }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    async close() {
      server.close()
      await pool.end()
    },
  }
}
