// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Image, Registration, Rules, Terms} from "./Types.sol";

/// @title Images, models, and the terms under which runs of them are claimed
/// @notice Nothing here is owned and nothing changes: an id is the hash of what it stands for.
interface IRegistry {
    error ImageExists(bytes32 image);
    error ModelExists(bytes32 model);
    error UnknownModel(bytes32 model);
    error OfferExists(bytes32 offer);
    error UnknownOffer(bytes32 offer);
    error LengthOutOfRange(uint256 length, uint256 most);
    error IterationsOutOfRange(uint256 iterations, uint256 most);
    error UnsupportedMachineVersion(uint32 version, uint32 supported);
    /// @notice The initial slots root isn't node(node(ZERO_35, outputsRoot), rest).
    error InitialSlotsRootMismatch(bytes32 computed, bytes32 given);
    error InvalidTerm(string name, uint256 value, uint256 least, uint256 most);
    /// @notice Bonds and the repayment are multiples of a gwei.
    error NotInGwei(string name, uint256 value);

    event ImageRegistered(bytes32 indexed image, Image content);
    event Registered(bytes32 indexed model, address indexed owner, Registration registration);
    event Offered(bytes32 indexed offer, bytes32 indexed model, address indexed owner, Terms terms);

    /// @notice Makes an image known. `register` does it too.
    function registerImage(Image calldata content) external returns (bytes32 image);

    function register(Registration calldata registration) external returns (bytes32 model);

    /// @notice States the terms of claims about a model. Anyone may, and nobody can change them.
    function offer(bytes32 model, Terms calldata terms) external returns (bytes32 id);

    function isImage(bytes32 image) external view returns (bool);
    function isModel(bytes32 model) external view returns (bool);

    /// @notice Model and terms of an offer; reverts if there is none.
    function getOffer(bytes32 id) external view returns (bytes32 model, Terms memory terms);

    /// @notice Model, its largest T, and rules of an offer; reverts if there is none.
    function rulesOf(bytes32 id)
        external
        view
        returns (bytes32 model, uint32 maxIterations, Rules memory rules);

    /// @notice Only the rules; reverts if there is no such offer.
    function getRules(bytes32 id) external view returns (Rules memory rules);

    /// @notice Its claims' only submitter; 0: anyone.
    function submitterOf(bytes32 id) external view returns (address);

    function MIN_WINDOW() external view returns (uint256);
    function MIN_CLOCK() external view returns (uint256);
    function MIN_REPAYMENT() external view returns (uint256);
}
