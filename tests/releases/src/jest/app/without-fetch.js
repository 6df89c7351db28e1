// As in the environment jsdom. It is imported first.
for (const name of ['Request', 'Response', 'Headers', 'fetch']) Reflect.deleteProperty(globalThis, name)
