import type { SessionHandle } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'

declare global {
  namespace App {
    interface Locals {
      session: SessionHandle<Data>
    }
  }
}
