// libsql has a native part, which can't be bundled.
export default { serverExternalPackages: ['libsql'] };
