import { describe, expect, it } from 'vitest'
import { jsrSource } from './source.js'

describe('a source for JSR', () => {
  it('imports files by the names that they have', () => {
    expect(jsrSource("import { a } from './a.js'\nexport * from '../b/c.js'\n").code).toBe(
      "import { a } from './a.ts'\nexport * from '../b/c.ts'\n",
    )
  })

  it('tells what it imports of others', () => {
    const { imports } = jsrSource(
      "import { cookies } from 'next/headers.js'\nimport { on } from 'node:events'\nimport {\n  a,\n} from './a.js'\n",
    )
    expect(imports).toEqual(['next/headers.js'])
  })

  it('changes no types of others', () => {
    const { code } = jsrSource(`// biome-ignore lint/suspicious/noTsIgnore: for somebody
/** @ts-ignore: it need not be there */
declare module 'fastify' {
  interface FastifyRequest {
    readonly session: string
  }
}

declare global {
  namespace Express {
    interface Request {}
  }
}

export const declared = 1
`)
    expect(code.trim()).toBe('export const declared = 1')
  })

  it('keeps what the examples of its comments declare', () => {
    const comment = "/**\n * declare module '@fetch-sessions/node' {\n * }\n */\n"
    expect(jsrSource(comment).code).toBe(comment)
  })

  it('overrides nothing of a platform that Deno has no types of, and its own as before', () => {
    const method = '  override async alarm() {}\n'
    expect(jsrSource(`import { DurableObject } from 'cloudflare:workers'\n${method}`).code).toMatch(/\n {2}async alarm/)
    expect(jsrSource(`import { Base } from './base.js'\n${method}`).code).toMatch(/\n {2}override async alarm/)
  })
})
