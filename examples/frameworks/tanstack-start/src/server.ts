import handler, { createServerEntry } from '@tanstack/react-start/server-entry'
import { sessions } from './sessions'

// #region sessions
export default createServerEntry({
  async fetch(request) {
    const failed = ({ status }: Response): boolean => status >= 500
    return sessions().handle(request, async () => handler.fetch(request), { failed })
  },
})
// #endregion
