//! mainstay-secrets
