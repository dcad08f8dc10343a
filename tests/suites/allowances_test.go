package suites

// allowances are all known differences from native runs: none. An entry that
// is no longer needed fails the tests.
var allowances = []allowance{}
