import * as client from 'openid-client'

/** What a provider gives to those who register an application with it. */
export interface ProviderSettings {
  /** Such as `https://accounts.google.com`. */
  issuer: string
  clientId: string
  clientSecret: string
}

/** What the session keeps from the way there to the way back. */
export interface Flow {
  /** So that the answer is one to this browser's question. */
  state: string
  /** So that the ID token was made for it. */
  nonce: string
  /** PKCE: so that a code which somebody else has read is worth nothing. */
  verifier: string
}

/** What the provider says of a person. */
export interface Claims {
  issuer: string
  subject: string
  name: string
}

/** The provider, as the application sees it. */
export class OpenIdProvider {
  readonly #settings: ProviderSettings
  readonly #callback: string
  #configuration: Promise<client.Configuration> | undefined

  /** @param callback the address that the provider sends the visitor back to, as it is registered there */
  constructor(settings: ProviderSettings, callback: string) {
    this.#settings = settings
    this.#callback = callback
  }

  /** Where to send the visitor, and what to keep meanwhile. */
  async begin(): Promise<{ address: URL; flow: Flow }> {
    const flow = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    }
    const address = client.buildAuthorizationUrl(await this.#discover(), {
      redirect_uri: this.#callback,
      scope: 'openid profile email',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    })
    return { address, flow }
  }

  /** Who it is, by the address that the visitor comes back to; `undefined` if that is no good answer to this flow. */
  async finish(address: URL, { state, nonce, verifier }: Flow): Promise<Claims | undefined> {
    const configuration = await this.#discover()
    try {
      const tokens = await client.authorizationCodeGrant(configuration, address, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) return undefined
      const name = [claims.name, claims.preferred_username, claims.email, claims.sub].find(
        (claim) => typeof claim === 'string',
      )
      return { issuer: claims.iss, subject: claims.sub, name: String(name) }
    } catch (error) {
      // The visitor or the provider said no, or somebody made the answer up. Anything else is a fault to be seen.
      if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError)
        return undefined
      if (error instanceof client.ClientError && error.code !== 'OAUTH_TIMEOUT') return undefined
      throw error
    }
  }

  /** Asked once, and again after a failure: the provider may be out of reach when the application starts. */
  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings
    this.#configuration ??= client
      .discovery(new URL(issuer), clientId, clientSecret, undefined, {
        // For the provider on this machine. All others are spoken to over https alone.
        execute: new URL(issuer).hostname === '127.0.0.1' ? [client.allowInsecureRequests] : [],
      })
      .catch((error) => {
        this.#configuration = undefined
        throw error
      })
    return this.#configuration
  }
}
