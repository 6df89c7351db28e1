import { describe, expect, it } from 'vitest'
import { forgetBody, keeperOf } from '../index.js'

describe('headers of a response that can not be sent', () => {
  const of = (entries: Record<string, string>): Record<string, string> => {
    const headers = new Headers(entries)
    forgetBody(headers)
    return Object.fromEntries(headers)
  }

  it('say nothing of its body any more, nor how long a cache or a CDN may keep it', () => {
    const entries = {
      'Content-Type': 'text/csv',
      'Content-Length': '5',
      'Content-Encoding': 'gzip',
      'Content-Disposition': 'attachment',
      'Content-Range': 'bytes 0-4/5',
      'Content-Digest': 'sha-256=:x:',
      'Repr-Digest': 'sha-256=:x:',
      Digest: 'sha-256=x',
      ETag: '"1"',
      'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      'Accept-Ranges': 'bytes',
      Location: '/account',
      Refresh: '1',
      Age: '7',
      Expires: 'Thu, 01 Jan 2037 00:00:00 GMT',
      'Cache-Control': 'public, max-age=31536000',
      'CDN-Cache-Control': 'max-age=31536000',
      'Surrogate-Control': 'max-age=31536000',
    }
    expect(of(entries)).toEqual({ 'cache-control': 'no-store' })
  })

  it('keep cookies and all that is about more than one answer', () => {
    const kept = {
      'access-control-allow-origin': '*',
      'content-security-policy': "default-src 'self'",
      link: '</>; rel=home',
      'set-cookie': 'a=1',
      vary: 'Accept, Cookie',
      'x-request-id': '7',
    }
    expect(of(kept)).toEqual({ ...kept, 'cache-control': 'no-store' })
  })
})

describe('what decides whether a thrown value is an answer', () => {
  it('takes a Response below 500 for one, if nothing is said', () => {
    const keeps = keeperOf(undefined)
    const thrown = [new Response(null, { status: 303 }), new Response(null, { status: 500 }), new Error()]
    expect(thrown.map(keeps)).toEqual([true, false, false])
  })

  it('believes true alone, and nothing that throws', () => {
    const broken = (): never => {
      throw new Error('of keep')
    }
    const answers = [() => true, () => false, () => 1, async () => true, broken]
    expect(answers.map((keep) => keeperOf(keep)(new Error()))).toEqual([true, false, false, false, false])
  })

  it('is a function, or there is a TypeError', () => {
    for (const keep of [null, true, 'all', {}])
      expect(() => keeperOf(keep as never)).toThrow(new TypeError('fetch-sessions: keep must be a function'))
  })
})
