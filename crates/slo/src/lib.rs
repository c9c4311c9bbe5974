//! Pure arithmetic: SLI, objective, error budget, burn rate, windows.
