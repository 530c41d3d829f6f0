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

/// Declares why something is refused, a reason a row, with its message in English and in bokmål.
///
/// The rejections of an aggregate, which become a [`Rejection`]; the request's field in parentheses is
/// optional, `Kind` is a [`RejectionKind`]:
///
/// `Name { field: Type }: Kind("request_field"), "rule", "English message", "melding på bokmål";`
///
/// What has a title instead of a rule; `titles` returns both of them, English first:
///
/// `Name { field: Type }: "English title", "tittel på bokmål", "English message", "melding på bokmål";`
///
/// Messages are lower-case fragments that may name the variant's fields. `Display` is the English one,
/// `bokmaal` the other, and `code` the variant's name in kebab case.
#[macro_export]
macro_rules! rejections {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $(
                $variant:ident $({ $($field:ident: $type:ty),+ $(,)? })? :
                $kind:ident $(($at:literal))?, $rule:literal, $en:literal, $nb:literal;
            )+
        }
    ) => {
        $crate::rejections! {
            @messages
            $(#[$meta])*
            $visibility enum $name { $($variant $({ $($field: $type),+ })?: $en, $nb;)+ }
        }

        impl $crate::Rejection for $name {
            fn code(&self) -> &'static str {
                Self::code(self)
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
                Self::bokmaal(self)
            }
        }
    };
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $(
                $variant:ident $({ $($field:ident: $type:ty),+ $(,)? })? :
                $title:literal, $title_nb:literal, $en:literal, $nb:literal;
            )+
        }
    ) => {
        $crate::rejections! {
            @messages
            $(#[$meta])*
            $visibility enum $name { $($variant $({ $($field: $type),+ })?: $en, $nb;)+ }
        }

        impl $name {
            /// The title in English and in bokmål.
            $visibility fn titles(&self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant { .. } => ($title, $title_nb),)+
                }
            }
        }
    };
    (
        @messages
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $($variant:ident $({ $($field:ident: $type:ty),+ })? : $en:literal, $nb:literal;)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, thiserror::Error, strum::IntoStaticStr)]
        #[strum(serialize_all = "kebab-case")]
        $visibility enum $name {
            $(#[error($en)] $variant $({ $($field: $type),+ })?,)+
        }

        impl $name {
            /// The stable code, in kebab case.
            $visibility fn code(&self) -> &'static str {
                self.into()
            }

            /// The message in bokmål; `Display` is the English one.
            $visibility fn bokmaal(&self) -> String {
                match self {
                    $(Self::$variant $({ $($field),+ })? => format!($nb),)+
                }
            }
        }
    };
}
