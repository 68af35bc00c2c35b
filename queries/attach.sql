-- Makes a version's tables visible beside an empty database
attach '{path}' as stored (read_only)
