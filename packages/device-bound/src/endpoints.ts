import type { Bindings } from './binding.js'
import type { BoundListener, BoundRejection } from './events.js'
import { cookieValues, quoted, type RequestLike, textOf } from './header.js'
import type { Setting } from './options.js'
import { type Proof, parseProof } from './proof.js'
import { PublicKey } from './public-key.js'
import type { Reference, Tokens } from './tokens.js'

/** Longer than any address of a refresh that was made here. */
const MAX_REFERENCE = 1000

/** A request that is turned down. */
class Refused extends Error {
  readonly reason: BoundRejection
  constructor(reason: BoundRejection) {
    super(reason)
    this.reason = reason
  }
}

/** The two addresses that browsers post to, by themselves. Neither needs the session, nor asks a store. */
export class Endpoints {
  readonly #setting: Setting
  readonly #tokens: Tokens
  readonly #bindings: Bindings
  readonly #emit: BoundListener

  constructor(setting: Setting, tokens: Tokens, bindings: Bindings, emit: BoundListener) {
    this.#setting = setting
    this.#tokens = tokens
    this.#bindings = bindings
    this.#emit = emit
  }

  /** The answer to a request for one of the two; `undefined`, at once, for any other. */
  answer(request: RequestLike): Promise<Response> | undefined {
    const { path } = this.#setting
    // Most requests leave here: no address is taken apart for them.
    if (!request.url.includes(path)) return undefined
    const url = new URL(request.url)
    const endpoint = url.pathname === `${path}/register` ? 'register' : 'refresh'
    if (endpoint === 'refresh' && url.pathname !== `${path}/refresh`) return undefined
    if (request.method !== 'POST') return Promise.resolve(respond(405, undefined, [['Allow', 'POST']]))
    return this.#answerPost(endpoint, request, url)
  }

  async #answerPost(endpoint: 'register' | 'refresh', request: RequestLike, url: URL): Promise<Response> {
    try {
      return await (endpoint === 'register' ? this.#register(request, url) : this.#refresh(request, url))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#emit({ type: 'rejected', endpoint, reason: error.reason })
      return respond(400)
    }
  }

  /** A browser has made a key for a session that somebody has just signed in to. */
  async #register(request: RequestLike, url: URL): Promise<Response> {
    const proof = this.#proofOf(request, url)
    const key = PublicKey.ofJwk(proof.algorithm, proof.jwk)
    if (key === undefined) throw new Refused('malformed')
    const binding = await this.#tokens.openOffer(proof.challenge)
    if (binding === undefined) throw new Refused('challenge')
    if (!(await key.verifies(proof.signature, proof.signed))) throw new Refused('signature')
    this.#emit({ type: 'registered', binding })
    return this.#grant({ binding, key, fingerprint: await key.fingerprint() }, url)
  }

  /** The bound cookie is about to end. */
  async #refresh(request: RequestLike, url: URL): Promise<Response> {
    const text = url.searchParams.get('of') ?? ''
    const reference = text.length > MAX_REFERENCE ? undefined : await this.#tokens.openReference(text)
    // No page can send a header of this name, so the browser asks by itself.
    const identifier = textOf(request.headers.get('sec-secure-session-id'))
    if (reference === undefined || identifier !== this.#identifier(url)) throw new Refused('reference')
    const { endsWithout } = this.#setting
    if (endsWithout !== undefined && cookieValues(request.headers.get('cookie'), endsWithout).length === 0)
      return this.#end(reference, url)
    if (request.headers.get('secure-session-response') === null) return this.#challenge(reference, url)
    const proof = this.#proofOf(request, url)
    const made = await this.#tokens.openChallenge(proof.challenge, reference)
    if (made === undefined) return this.#challengeAnew('challenge', reference, url)
    const isSigned = proof.algorithm === reference.key.algorithm
    if (!isSigned || !(await reference.key.verifies(proof.signature, proof.signed))) throw new Refused('signature')
    if (this.#setting.singleUse) {
      const use = await this.#bindings.use(request.headers, reference.binding, made)
      if (use.is === 'used') return this.#challengeAnew('used', reference, url, use.last)
      // Another id may be on its way to the browser: it tries again with its next request.
      if (use.is !== 'first') return this.#later(use.is)
    }
    this.#emit({ type: 'refreshed', binding: reference.binding })
    return this.#grant(reference, url, made)
  }

  #proofOf(request: RequestLike, url: URL): Proof {
    const proof = parseProof(request.headers.get('secure-session-response'))
    if (proof === undefined) throw new Refused('malformed')
    if (proof.audience !== undefined && !this.#isFor(proof.audience, url)) throw new Refused('audience')
    return proof
  }

  /** By host and path, since behind a proxy nobody knows the scheme. */
  #isFor(audience: unknown, url: URL): boolean {
    if (typeof audience !== 'string' || !URL.canParse(audience)) return false
    const { host, pathname } = new URL(audience)
    return host === (this.#setting.host ?? url.host) && pathname === url.pathname
  }

  /** The bound cookie, what the browser has to know of it, and the challenge for the next time. */
  async #grant(reference: Reference, url: URL, answered = 0): Promise<Response> {
    const { path, maxAge, cookie, refreshInitiators } = this.#setting
    const instructions = {
      session_identifier: this.#identifier(url),
      refresh_url: `${path}/refresh?of=${await this.#tokens.reference(reference)}`,
      scope: { include_site: false },
      credentials: [{ type: 'cookie', name: cookie.name, attributes: cookie.attributes }],
      ...(refreshInitiators.length > 0 && { allowed_refresh_initiators: refreshInitiators }),
    }
    const value = await this.#tokens.cookie(reference)
    return respond(200, instructions, [
      ['Set-Cookie', `${cookie.name}=${value}; Max-Age=${maxAge}; ${cookie.attributes}`],
      await this.#challengeHeader(reference, url, answered),
    ])
  }

  async #challenge(reference: Reference, url: URL, answered = 0): Promise<Response> {
    return respond(403, undefined, [await this.#challengeHeader(reference, url, answered)])
  }

  #challengeAnew(reason: BoundRejection, reference: Reference, url: URL, answered = 0): Promise<Response> {
    this.#emit({ type: 'rejected', endpoint: 'refresh', reason })
    return this.#challenge(reference, url, answered)
  }

  #later(reason: BoundRejection): Response {
    this.#emit({ type: 'rejected', endpoint: 'refresh', reason })
    return respond(503)
  }

  /** Nobody is signed in any more. */
  #end({ binding }: Reference, url: URL): Response {
    this.#emit({ type: 'ended', binding })
    return respond(200, { session_identifier: this.#identifier(url), continue: false }, [
      ['Set-Cookie', this.#setting.cookie.removal],
    ])
  }

  async #challengeHeader(reference: Reference, url: URL, answered: number): Promise<[string, string]> {
    const challenge = await this.#tokens.challenge(reference, answered)
    return ['Secure-Session-Challenge', `${quoted(challenge)};id=${quoted(this.#identifier(url))}`]
  }

  /**
   * The same for all sessions of this host: a new sign-in takes the place of the one before in the browser, which would
   * else renew one cookie for two. Browsers tell sessions apart by site, so the host is in it.
   */
  #identifier(url: URL): string {
    return `${this.#setting.cookie.name}@${this.#setting.host ?? url.host}`
  }
}

function respond(status: number, body?: object, headers: [string, string][] = []): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: [
      ['Cache-Control', 'no-store'],
      ...(body === undefined ? [] : [['Content-Type', 'application/json'] as [string, string]]),
      ...headers,
    ],
  })
}
