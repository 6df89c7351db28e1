import { describe, expect, it } from 'vitest'
import { quotedFolder } from './quoted-folder.js'

describe('a folder in a command', () => {
  it.each([
    ['my-app', 'my-app', 'my-app'],
    ['../apps/my_app.2', '../apps/my_app.2', '../apps/my_app.2'],
    ['my app', "'my app'", '"my app"'],
    ['we$&ird', "'we$&ird'", '"we$&ird"'],
    ["it's", "'it'\\''s'", '"it\'s"'],
    ['~', "'~'", '"~"'],
    ['C:\\apps', "'C:\\apps'", '"C:\\apps"'],
    ['-app', './-app', './-app'],
    ['-my app', "'./-my app'", '"./-my app"'],
    ['', "''", '""'],
  ])('%s is %s, and on Windows %s', (folder, posix, windows) => {
    expect([quotedFolder(folder, 'linux'), quotedFolder(folder, 'win32')]).toEqual([posix, windows])
  })
})
