import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { secretsOf } from './check.js'
import { fromFastifySecureSession } from './fastify-secure-session.js'

/** Bytes whose class is another one, as a Buffer's is in the tests of Jest and in `node:vm`. */
const foreign = (length: number): Uint8Array => runInNewContext(`Uint8Array.from({ length: ${length} }, (_, i) => i)`)

describe('bytes of another realm', () => {
  it('are a secret', () => {
    expect(foreign(1)).not.toBeInstanceOf(Uint8Array)
    expect(secretsOf('a library', 'secret', foreign(32))).toHaveLength(1)
    expect(() => secretsOf('a library', 'secret', foreign(0))).toThrow(TypeError)
  })

  it('are a key, and a secret with its salt', () => {
    expect(() => fromFastifySecureSession({ key: foreign(32) })).not.toThrow()
    expect(() => fromFastifySecureSession({ secret: foreign(32), salt: foreign(16) })).not.toThrow()
  })
})
