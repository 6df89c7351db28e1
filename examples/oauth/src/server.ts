import { start } from '@fetch-sessions/example-shared/server'
import { oauth } from './app.js'
import type { ProviderSettings } from './openid-provider.js'

const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET } = process.env

const origin = process.env.ORIGIN || `http://localhost:${process.env.PORT || 3000}`
const provider = await settings()

start((secret) => oauth({ secret, origin, provider }))

/** A provider's, if there are any, else those of one on this machine. */
async function settings(): Promise<ProviderSettings> {
  if (OIDC_ISSUER && OIDC_CLIENT_ID && OIDC_CLIENT_SECRET) {
    return { issuer: OIDC_ISSUER, clientId: OIDC_CLIENT_ID, clientSecret: OIDC_CLIENT_SECRET }
  }
  const { startLocalProvider } = await import('./local-provider.js')
  return startLocalProvider(`${origin}/callback`)
}
