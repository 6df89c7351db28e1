declare namespace App {
  interface Locals {
    session: import('@fetch-sessions/core').SessionHandle<import('@fetch-sessions/example-frameworks-shared').Data>
  }
}
