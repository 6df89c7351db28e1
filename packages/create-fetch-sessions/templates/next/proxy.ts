import { sessions } from './sessions'

export const proxy = sessions.proxy()
export const config = { matcher: ['/((?!_next/static|_next/image|favicon.ico).*)'] }
