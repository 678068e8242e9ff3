//! Orders and payments in processes of their own, over real HTTP/2.
