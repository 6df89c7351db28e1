/** Of whom and of which session an event tells. Ids are safe to log; no event has a secret, a token or a credential. */
interface About {
  /** Milliseconds since the epoch, by the clock of the sessions. */
  readonly time: number
  /** The user's. */
  readonly userId: string
  /** The store's key of the session, useless as a cookie; as it is after what happened. */
  readonly sessionId: string
  /** Who acts as the user, if somebody does. */
  readonly actorId?: string | undefined
}

/** Why a sign-in that was good is over. */
export type LoginEnd =
  /** The credential is another one by now. */
  | 'credential'
  /** `loadUser` knows no such user any more. */
  | 'unknown-user'
  /** The one who acted as the user is gone, has another credential, or no time or place left to come back to. */
  | 'actor'

/** Why a guard has not let a request pass. */
export type Refusal =
  /** Nobody is signed in. */
  | 'signed-out'
  /** The session is bound to a device, and the proof did not come. */
  | 'unproven'
  /** `can` has failed. */
  | 'forbidden'
  /** Nothing as fresh as was asked for. */
  | 'reauth'
  /** The same, and somebody acts as the user, who alone could show it. */
  | 'impersonating'
  /** The session store is down, and `onStoreFailure` makes everybody anonymous. */
  | 'unavailable'

/** What happened, for an audit log. It is sent once it is stored; `ended` and `rehashed`, once it is found out. */
export type LoginEvent =
  | (About & {
      readonly type: 'signed-in'
      readonly factors: readonly string[]
      readonly isRemembered: boolean
      /** The id that the session had before, if there was one. It opens nothing now. */
      readonly previousSessionId?: string | undefined
      /** Who was signed in before in this session. */
      readonly previousUserId?: string | undefined
    })
  /** The user has as many sessions as there may be, and `whenFull` refuses one more. */
  | (About & { readonly type: 'sign-in-refused'; readonly reason: 'full' })
  /** The user had too many sessions, so these, the oldest ones, were ended. The own one, if newer ones had taken all places. */
  | (About & { readonly type: 'limit-reached'; readonly endedSessionIds: readonly string[] })
  /** `count`: how many sessions that were, where that is known. */
  | (About & { readonly type: 'signed-out'; readonly from: 'here' | 'others' | 'everywhere'; readonly count?: number })
  /** `deviceId`: as it was given, the id of the device or of its session. */
  | (About & { readonly type: 'device-signed-out'; readonly deviceId: string })
  /** Somebody asked to sign out a session that is not one of the user's. */
  | (About & { readonly type: 'device-refused' })
  | (About & { readonly type: 'confirmed'; readonly factors: readonly string[] })
  | (About & { readonly type: 'credential-changed'; readonly count?: number })
  /**
   * Sessions that were to end may still be there, since the store failed: the user's other ones after `credentialChanged`,
   * which rejects with the same error. `error`: the store's.
   */
  | (About & { readonly type: 'ending-failed'; readonly by: 'credentialChanged'; readonly error: unknown })
  /** A sign-in turned out to be over. */
  | (About & { readonly type: 'ended'; readonly reason: LoginEnd })
  /** The credential was hashed with an older secret, and is hashed anew. */
  | (About & { readonly type: 'rehashed' })
  | (About & { readonly type: 'impersonation-started'; readonly actorId: string; readonly seconds: number })
  | (About & { readonly type: 'impersonation-ended'; readonly actorId: string })
  /** A guard has refused a request. `userId` and `sessionId` are left out where nobody is signed in. */
  | (Omit<About, 'userId' | 'sessionId'> & {
      readonly type: 'refused'
      readonly reason: Refusal
      readonly userId?: string | undefined
      readonly sessionId?: string | undefined
    })

export type LoginListener = (event: LoginEvent) => unknown

/** Tells a listener, and lets nothing that it does wrong reach the request. */
export function emitter(listener: LoginListener | undefined): (event: LoginEvent) => void {
  if (listener === undefined) return () => {}
  return (event) => {
    try {
      const returned: unknown = listener(event)
      Promise.resolve(returned).catch(() => {})
    } catch {}
  }
}
