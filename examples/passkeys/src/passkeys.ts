import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server'

/** What is kept of a passkey: its id, public key and counter. */
export type Passkey = WebAuthnCredential

/** The two ceremonies of WebAuthn, as this site holds them. */
export class Passkeys {
  readonly #origin: string
  readonly #rpId: string

  constructor(origin: string) {
    this.#origin = origin
    this.#rpId = new URL(origin).hostname
  }

  creationOptions(name: string): Promise<PublicKeyCredentialCreationOptionsJSON> {
    return generateRegistrationOptions({
      rpName: 'Passkeys',
      rpID: this.#rpId,
      userName: name,
      userDisplayName: name,
      // Found by the browser without a name, and unlocked by a finger, face or PIN.
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
  }

  /** The new passkey; `undefined` if the answer is not right. */
  async created(response: RegistrationResponseJSON, challenge: string): Promise<Passkey | undefined> {
    const { registrationInfo } = await verifyRegistrationResponse({ ...this.#expected(challenge), response }).catch(
      () => ({ registrationInfo: undefined }),
    )
    return registrationInfo?.credential
  }

  requestOptions(): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return generateAuthenticationOptions({ rpID: this.#rpId, userVerification: 'required' })
  }

  /** Whether this passkey has signed the challenge. Its counter moves on. */
  async used(response: AuthenticationResponseJSON, challenge: string, passkey: Passkey): Promise<boolean> {
    const expected = { ...this.#expected(challenge), response, credential: passkey }
    const answer = await verifyAuthenticationResponse(expected).catch(() => undefined)
    if (!answer?.verified) return false
    passkey.counter = answer.authenticationInfo.newCounter
    return true
  }

  #expected(challenge: string) {
    return {
      expectedChallenge: challenge,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
    }
  }
}
