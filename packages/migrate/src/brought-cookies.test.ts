import type { SessionHandle } from '@fetch-sessions/core'
import { describe, expect, it, vi } from 'vitest'
import { cookiesIn } from './brought-cookies.js'
import { fromCookieSession, fromExpressSession, fromH3Session, type OldLibrary } from './index.js'
import { Jar } from './testing/jar.js'
import { NewApp, type NewData } from './testing/new-app.js'

const secret = 'a secret that is long enough for all of them'

function libraries(): OldLibrary<NewData>[] {
  const store = { kind: 'records', get: async () => undefined, destroy: async () => undefined } as const
  return [
    fromExpressSession<NewData, NewData>({ secret, store }),
    fromCookieSession<NewData, NewData>({ keys: [secret] }),
    fromH3Session<NewData, NewData>({ password: secret }),
  ]
}

const endSession = async (handle: SessionHandle<NewData>): Promise<void> => (await handle.write()).destroy()

describe('the cookies of a request', () => {
  it('are read by name, in their order, without quotes and decoded', () => {
    const cookies = cookiesIn('a=1;  b="2%203" ; a=%E0%A4%A; =x; c; a=; aa=4')
    expect(cookies.values('a')).toEqual(['1', '%E0%A4%A'])
    expect(cookies.values('b')).toEqual(['2 3'])
    expect(cookies.raw('b')).toEqual(['2%203'])
    expect([cookies.has('a'), cookies.has('c'), cookies.has('d')]).toEqual([true, false, false])
    expect(cookies.names('a')).toEqual(['a', 'aa'])
  })

  it.each(['\u00a0', '\u000b', '\ufeff'])('are not those behind another blank than a space or a tab (%#)', (blank) => {
    const cookies = cookiesIn(`${blank}__Host-a=forged; \t__Host-b=1\t`)
    expect([cookies.has('__Host-a'), cookies.raw('__Host-b')]).toEqual([false, ['1']])
  })

  it('are no more than a few, each no longer than a browser keeps', () => {
    const many = Array.from({ length: 100 }, (_, n) => `a=${n}`).join('; ')
    expect(cookiesIn(many).values('a')).toHaveLength(4)
    expect(cookiesIn(`a=${'x'.repeat(4097)}; a=${'x'.repeat(4096)}`).values('a')).toHaveLength(1)
  })

  it('are parsed once for all libraries of a request, and not at all where the name of none occurs', async () => {
    const split = vi.spyOn(String.prototype, 'split')
    const parses = (header: string): number =>
      split.mock.calls.filter(([by], call) => (by as unknown) === ';' && `${split.mock.contexts[call]}` === header)
        .length
    try {
      const app = new NewApp(libraries())
      const others = 'a=1; theme=dark'
      await app.visit(new Jar(), endSession, others)
      expect(parses(others)).toBe(0)
      const old = 'a=1; connect.sid=s%3Aforged; session=forged; h3.1=forged'
      await app.visit(new Jar(), endSession, old)
      expect(parses(old)).toBe(1)
    } finally {
      split.mockRestore()
    }
  })

  it('cost what their length is: a look from each of a million blanks would take an hour', async () => {
    const header = `a=b${' '.repeat(1_000_000)}c; connect.sid=x${' '.repeat(1_000_000)}; =${'\t'.repeat(1_000_000)}`
    expect(await new NewApp(libraries()).visit(new Jar(), endSession, header)).toEqual({})
  })
})
