import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import type { ProviderSettings } from './openid-provider.js'

/** In seconds. */
const HOUR = 3600

export interface LocalProvider extends ProviderSettings {
  close(): void
}

/**
 * A provider on this machine that believes everybody, with any password, so that the example starts without a
 * registration elsewhere. It keeps all in memory.
 *
 * @param callback the address that it may send visitors back to
 */
export async function startLocalProvider(callback: string): Promise<LocalProvider> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [clientId, clientSecret, key] = ['example', ...[0, 0].map(() => randomBytes(32).toString('base64url'))] as [
    string,
    string,
    string,
  ]

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [callback],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    cookies: { keys: [key] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    ttl: { Interaction: HOUR, Session: HOUR, Grant: HOUR, AccessToken: HOUR, IdToken: HOUR },
    conformIdTokenClaims: false, // The name is in the ID token, as the big ones have it.
    findAccount: (_context, name) => ({
      accountId: name,
      claims: () => ({ sub: name, name, email: `${name}@localhost` }),
    }),
  })
  server.on('request', provider.callback())

  return {
    issuer,
    clientId,
    clientSecret,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
