//! Everything that a service asks about, and the type of thing that it is done to. The schema has the same.

use mainstay_access::Action;

/// Change the password, see and end logins, make API keys: of one's own account, with a login and never
/// with a key.
pub const ACCOUNT_MANAGE: Action = Action::new("account.manage", "Account");
/// Read an account's particulars.
pub const ACCOUNT_READ: Action = Action::new("account.read", "Account");
/// See to it that an account is there.
pub const ACCOUNT_ENSURE: Action = Action::new("account.ensure", "Account");
/// Find out whose a credential is.
pub const CREDENTIALS_RESOLVE: Action = Action::new("credentials.resolve", "Account");
/// Read and change an address book.
pub const ADDRESSES_USE: Action = Action::new("addresses.use", "Account");
/// See products that are not for sale.
pub const CATALOG_READ_HIDDEN: Action = Action::new("catalog.read_hidden", "Product");
/// Create and change products.
pub const CATALOG_WRITE: Action = Action::new("catalog.write", "Product");
/// Bring in a file of goods, and see what became of it.
pub const GOODS_IMPORT: Action = Action::new("goods.import", "Import");
/// Change the price lists.
pub const PRICES_WRITE: Action = Action::new("prices.write", "Price");
/// See how many pieces there are and how many are held, beside how many can be bought.
pub const STOCK_READ_LEVELS: Action = Action::new("stock.read_levels", "Stock");
/// Change the stock for a reason.
pub const STOCK_ADJUST: Action = Action::new("stock.adjust", "Stock");
/// Hold pieces, take them out and give them back.
pub const STOCK_RESERVE: Action = Action::new("stock.reserve", "Stock");
/// Begin a cart, fill it, see it.
pub const CART_USE: Action = Action::new("cart.use", "Cart");
/// Freeze and thaw a cart for a checkout.
pub const CART_LOCK: Action = Action::new("cart.lock", "Cart");
/// Turn a cart into an order.
pub const CHECKOUT_START: Action = Action::new("checkout.start", "Checkout");
/// Read an order, or list them.
pub const ORDERS_READ: Action = Action::new("orders.read", "Order");
/// Cancel an order: all of it is given back.
pub const ORDERS_CANCEL: Action = Action::new("orders.cancel", "Order");
/// Give back a part of an order.
pub const ORDERS_REFUND: Action = Action::new("orders.refund", "Order");
/// Read what was sold.
pub const REPORTS_SALES: Action = Action::new("reports.sales", "Report");
/// Read the books.
pub const REPORTS_LEDGER: Action = Action::new("reports.ledger", "Report");
/// Authorise, capture, void and refund.
pub const PAYMENTS_MOVE: Action = Action::new("payments.move", "Payment");
/// Compare the payments with the provider's, and mend.
pub const PAYMENTS_RECONCILE: Action = Action::new("payments.reconcile", "Payment");

/// All of them.
pub const ACTIONS: &[Action] = &[
    ACCOUNT_MANAGE,
    ACCOUNT_READ,
    ACCOUNT_ENSURE,
    CREDENTIALS_RESOLVE,
    ADDRESSES_USE,
    CATALOG_READ_HIDDEN,
    CATALOG_WRITE,
    GOODS_IMPORT,
    PRICES_WRITE,
    STOCK_READ_LEVELS,
    STOCK_ADJUST,
    STOCK_RESERVE,
    CART_USE,
    CART_LOCK,
    CHECKOUT_START,
    ORDERS_READ,
    ORDERS_CANCEL,
    ORDERS_REFUND,
    REPORTS_SALES,
    REPORTS_LEDGER,
    PAYMENTS_MOVE,
    PAYMENTS_RECONCILE,
];
