interface ImportMetaEnv {
  // Which server a page that Vite serves talks to.
  readonly VITE_SERVER?: string;
}
