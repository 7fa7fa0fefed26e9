/** The admin panel's languages besides English: administrators choose theirs in their profile. */
export default { config: { locales: ['fr'] } };
