/** Empties all that this browser keeps for the page's address, and takes the room out of the address bar. */
export async function eraseBrowser(): Promise<void> {
  history.replaceState(null, '', location.pathname)
  // Each is tried on its own: a browser that refuses one of them still empties the others.
  const stores: (() => unknown)[] = [
    () => localStorage.clear(),
    () => sessionStorage.clear(),
    eraseDatabases,
    eraseCaches,
  ]
  for (const erase of stores) {
    try {
      await erase()
    } catch {
      // It is refused or absent here.
    }
  }
}

async function eraseDatabases(): Promise<void> {
  const databases = await indexedDB.databases()
  for (const { name } of databases) if (name !== undefined) indexedDB.deleteDatabase(name)
}

async function eraseCaches(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name)
}
