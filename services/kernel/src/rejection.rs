//! A rule said no. Never mixed with the errors of the world.

use std::error::Error;

pub use samvirke_schemas::reply::RejectionKind;

/// Why a command is refused: which rule, and what would satisfy it.
pub trait Rejection: Error + Clone + PartialEq + Send + Sync + 'static {
    /// A stable code in kebab case, part of the problem's `type`.
    fn code(&self) -> &'static str;

    fn kind(&self) -> RejectionKind;

    /// The source of the rule: `R18`, `kommuneloven § 11-8`.
    fn rule(&self) -> &'static str;

    /// The field of the request at fault, where there is one.
    fn field(&self) -> Option<&'static str>;

    /// The message in bokmål; `Display` is the English one.
    fn bokmaal(&self) -> String;
}

/// Declares the rejections of one aggregate, a rule a line.
///
/// `Name { field: Type }: Kind("request_field"), "rule", "English message", "melding på bokmål";`
///
/// Messages are lower-case fragments that may name the variant's fields. `Kind` is a
/// [`RejectionKind`]; the request's field in parentheses is optional.
#[macro_export]
macro_rules! rejections {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $name:ident {
            $(
                $variant:ident $({ $($field:ident: $type:ty),+ $(,)? })? :
                $kind:ident $(($at:literal))?, $rule:literal, $en:literal, $nb:literal;
            )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, thiserror::Error, strum::IntoStaticStr)]
        #[strum(serialize_all = "kebab-case")]
        $visibility enum $name {
            $(#[error($en)] $variant $({ $($field: $type),+ })?,)+
        }

        impl $crate::Rejection for $name {
            fn code(&self) -> &'static str {
                self.into()
            }

            fn kind(&self) -> $crate::RejectionKind {
                match self {
                    $(Self::$variant { .. } => $crate::RejectionKind::$kind,)+
                }
            }

            fn rule(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $rule,)+
                }
            }

            fn field(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant { .. } => [$($at,)?].first().copied(),)+
                }
            }

            fn bokmaal(&self) -> String {
                match self {
                    $(Self::$variant $({ $($field),+ })? => format!($nb),)+
                }
            }
        }
    };
}
